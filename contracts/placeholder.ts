/**
 * Whether a text only stands where a real one belongs: `replace-me`, a digest or an AMI of zeros, the sample AMI of AWS's
 * documentation. `fleet init` writes them for what it was not told; `fleet doctor` and `fleet up` refuse them.
 */
export function isPlaceholder(text: string): boolean {
  return /replace-me|@sha256:0{64}$|^ami-(0{17}|0123456789abcdef0)$/.test(text);
}

/** A digest that no image has. */
export const PLACEHOLDER_DIGEST = `sha256:${'0'.repeat(64)}`;
export const PLACEHOLDER_AMI = `ami-${'0'.repeat(17)}`;
export const PLACEHOLDER_GOOGLE_IMAGE = 'projects/ubuntu-os-accelerator-images/global/images/replace-me';
