/**
 * Whether a text only stands where a real one belongs: `replace-me`, a digest, an AMI or a certificate of zeros, the sample AMI of AWS's
 * documentation. `fleet init` writes them for what it was not told; `fleet doctor` and `fleet up` refuse them.
 */
export function isPlaceholder(text: string): boolean {
  return /replace-me|@sha256:0{64}$|^ami-(0{17}|0123456789abcdef0)$|:certificate\/[0-]{36}$/.test(text);
}

/** A digest that no image has. */
export const PLACEHOLDER_DIGEST = `sha256:${'0'.repeat(64)}`;
export const PLACEHOLDER_AMI = `ami-${'0'.repeat(17)}`;
export const PLACEHOLDER_GOOGLE_IMAGE = 'projects/ubuntu-os-accelerator-images/global/images/replace-me';
/** End of the ARN of a certificate. */
export const PLACEHOLDER_CERTIFICATE = 'certificate/00000000-0000-0000-0000-000000000000';
