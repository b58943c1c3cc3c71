import type { BuiltImage, PushedImage } from '../commands/image.ts';
import type { Paint } from './style.ts';

const MEGABYTE = 1_000_000;

export function printBuilt({ image, bytes }: BuiltImage, paint: Paint): string {
  return paint('green', `built ${image}, ${Math.round(bytes / MEGABYTE)} MB`);
}

/** Where it is, by digest, and whether the environment file changed. */
export function printPushed({ reference, file, part, changed }: PushedImage, paint: Paint): string {
  return [
    reference,
    paint('green', changed ? `${file}: images.${part} is written` : `${file} names it already`),
  ].join('\n');
}
