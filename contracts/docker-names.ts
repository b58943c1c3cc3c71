/** Where a part's container sees its documents. */
export const DOCUMENTS_FOLDER = '/etc/fleet';

/** What a part's container is called on its Docker host. */
export function containerName(environment: string, part: string): string {
  return `${environment}-${part}`;
}

/** The volume with a part's documents, mounted at {@link DOCUMENTS_FOLDER}. */
export function documentsVolume(environment: string, part: string): string {
  return `${containerName(environment, part)}-documents`;
}
