import { build } from '../../build.mjs';

/** Tests that start a program start the bundle that users start. */
export default async function setup(): Promise<void> {
  await build().catch((error: unknown) => console.error(error));
}
