import { routerDocumentVersion } from '../../contracts/router-documents.ts';
import { Failure } from '../errors.ts';
import { versionOfDocument } from './routers.ts';

/**
 * The document that routers have now, with one model's splits as they were in an earlier one: what a deploy of the
 * earlier weights would render, though other models may have changed since.
 * @throws Failure where one of them does not have the model
 */
export function restoredDocument(now: string, earlier: string, model: string): string {
  const old = blockOf(earlier, model);
  const present = blockOf(now, model);
  const version = versionOfDocument(now) ?? '';
  if (old === undefined || present === undefined || version === '')
    throw new Failure(`the router document does not have ${model}'s splits, so they cannot be put back`);
  const without = now.replace(present, () => old).replaceAll(version, '');
  return now.replace(present, () => old).replaceAll(version, routerDocumentVersion(without));
}

/** From the comment that names the model to the empty line after its last map. */
function blockOf(document: string, model: string): string | undefined {
  const name = model.replaceAll('.', '\\.');
  return new RegExp(`^ *# ${name}: .*\\n(?:.*\\S.*\\n)+`, 'm').exec(document)?.[0];
}
