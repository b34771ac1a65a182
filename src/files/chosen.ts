/** Files that a person chose or dropped. */
import type { Folder } from './folder.ts';
import { FileFormatError } from './types.ts';

/**
 * Files that were chosen or dropped, by name. Of two with one name (folders within the folder) the outer one counts.
 * @throws FileFormatError when it is unclear which one is meant
 */
export function folderOf(files: Iterable<File>): Folder {
  // only browsers give the path
  const depth = (file: File): number => ('webkitRelativePath' in file ? file.webkitRelativePath.split('/').length : 1);
  const found = new Map<string, File>();
  for (const file of files) {
    const other = found.get(file.name);
    if (other && depth(other) === depth(file))
      throw new FileFormatError(file.name, 'two files have this name; choose the files of one model');
    if (!other || depth(file) < depth(other)) found.set(file.name, file);
  }
  return found;
}
