import { join } from 'node:path';
import { expect, test } from 'vitest';
import { restoredDocument } from '../../../cli/canary/restored-document.ts';
import type { Environment } from '../../../contracts/environment.ts';
import { readTemplates } from '../../../templates/read.ts';
import { routerDocument } from '../../../workloads/router.ts';
import { ROOT } from '../support.ts';
import { localEnvironment } from './environment.ts';

const MODEL = 'gpt-oss-120b';
const { nginx } = readTemplates(join(ROOT, 'templates'));
const props = { listen: '127.0.0.1:1', adminListen: '127.0.0.1:2', egress: '127.0.0.1:3' };
const rendered = (environment: Environment) => routerDocument(environment, props, nginx).text;

/** The same with another weight of another model's release, as somebody may have deployed it meanwhile. */
function withOtherModel(environment: Environment): Environment {
  const model = environment.models['gpt-oss-7b'];
  return {
    ...environment,
    models: { ...environment.models, 'gpt-oss-7b': { ...model, salt: '1', releases: {} } },
  };
}

test('is byte for byte what a deploy of the weights from before renders', () => {
  const before = rendered(localEnvironment(95, 0, 5));
  expect(restoredDocument(rendered(localEnvironment(80, 15, 5)), before, MODEL)).toBe(before);
});

test('keeps what became of other models meanwhile', () => {
  const before = localEnvironment(95, 0, 5);
  const now = withOtherModel(localEnvironment(80, 15, 5));
  expect(restoredDocument(rendered(now), rendered(before), MODEL)).toBe(rendered(withOtherModel(before)));
});

test('says so where the model is not in the document', () => {
  const document = rendered(localEnvironment(95, 0, 5));
  expect(() => restoredDocument(document, document, 'gpt-oss-121b')).toThrow(
    "the router document does not have gpt-oss-121b's splits",
  );
});
