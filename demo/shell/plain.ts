/** A page that is only text. */
import { startShell } from './shell.ts';

startShell();
