import { routerDocumentVersion } from '../../contracts/router-documents.ts';
import { withNotedModel } from '../../contracts/weights-note.ts';
import { Failure } from '../errors.ts';
import { versionOfDocument } from './routers.ts';

/**
 * The document that routers have now, with one model's splits as they were in an earlier one: what a deploy of the
 * earlier weights would render, though other models may have changed since.
 * @throws Failure where one of them does not have the model
 */
export function restoredDocument(now: string, earlier: string, model: string): string {
  const [old, present] = [partsOf(earlier, model), partsOf(now, model)];
  const version = versionOfDocument(now);
  if (old === undefined || present === undefined || version === undefined)
    throw new Failure(`the router document does not have ${model}'s splits, so they cannot be put back`);
  const restored = now
    .replace(present.note, () => withNotedModel(present.note, old.note, model))
    .replace(present.splits, () => old.splits);
  return restored.replaceAll(version, routerDocumentVersion(restored.replaceAll(version, '')));
}

/** What of a document belongs to one model: the note of all weights, and the lines from the comment that names it to the next empty one. */
function partsOf(document: string, model: string) {
  const name = model.replaceAll('.', '\\.');
  const [, note] = /^# Environment \S+, weights (\{.*\})$/m.exec(document) ?? [];
  const [splits] = new RegExp(`^ *# ${name}: .*\\n(?:.*\\S.*\\n)+`, 'm').exec(document) ?? [];
  return note === undefined || splits === undefined ? undefined : { note, splits };
}
