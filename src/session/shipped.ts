/** Where the models of the package lie. */

/** The folder beside the package's code that holds index.json and one folder for each model. */
export function shippedFolder(): URL {
  return new URL(/* @vite-ignore */ '../../models/', import.meta.url);
}
