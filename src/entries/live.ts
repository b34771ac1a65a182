/** Gives the page's elements live models. Where they are follows from the package, as a bundler or a folder has it. */
import { provideServices } from '../elements/core/registry.ts';
import { liveServices } from '../run/live_services.ts';

if (typeof document !== 'undefined') provideServices(liveServices());
