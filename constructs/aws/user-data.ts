import { gzipSync } from 'node:zlib';
import type { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { StackFiles } from '../stack-files.ts';

/** EC2's limit on user data, which it counts after compression and before base64. Google's is 256 KB of plain text. */
export const AWS_USER_DATA_BYTES = 16_384;

/**
 * Puts a cloud-config beside the stack's JSON.
 * @param whose For the error.
 * @returns the file, relative to the folder that Terraform runs in
 * @throws Error with both sizes where EC2 would not take it
 */
export function userDataFile(scope: Construct, path: string, { text }: Document, whose: string): string {
  const compressed = gzipSync(text).length;
  if (compressed > AWS_USER_DATA_BYTES)
    throw new Error(
      `user data of ${whose}: EC2 takes ${AWS_USER_DATA_BYTES} bytes, got ${compressed} compressed`,
    );
  return StackFiles.of(scope).add(path, text);
}
