/** Puts device-status under its tag. */
import { define } from '../core/define.ts';
import { DeviceStatus } from './device-status.class.ts';

define('nt-device-status', DeviceStatus);

declare global {
  interface HTMLElementTagNameMap {
    'nt-device-status': DeviceStatus;
  }
}
