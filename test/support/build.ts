import { build } from '../../build.mjs';

/** Tests that start a program start the bundle that users start. */
export default async function setup(): Promise<void> {
  await build();
}
