import { expect, test } from 'vitest';
import { EnvironmentError } from '../../contracts/problem.ts';
import { withLocalReviewer } from '../support/local-reviewer.ts';
import { editedEnvironment } from '../support/shipped.ts';

function complaints(name: string, ...edits: ((text: string) => string)[]): readonly string[] {
  try {
    editedEnvironment(name, edits);
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
  }
}

const local = (...edits: ((text: string) => string)[]) => complaints('local', withLocalReviewer(), ...edits);
const prod = (...edits: ((text: string) => string)[]) => complaints('prod', ...edits);
const put = (from: string, to: string) => (text: string) => text.replace(from, to);

test('a reviewer is right in every class and on google, docker and process', () => {
  expect([...local(), ...prod(), ...complaints('dev', withLocalReviewer())]).toEqual([]);
});

test.each([
  [
    'a secret that nobody lists',
    local(put('privateKey: reviewer-app', 'privateKey: reviewer-apps')),
    'reviewer.privateKey: no secret is named reviewer-apps',
  ],
  [
    'a model that nobody serves',
    local(put('  app: 4711', '  app: 4711\n  model: gpt-oss-12b')),
    'reviewer.model: no model is named gpt-oss-12b; did you mean gpt-oss-120b?',
  ],
  [
    'a port that is taken',
    local(put('  app: 4711', '  app: 4711\n  port: 8080')),
    'reviewer.port: port 8080 is already taken',
  ],
  [
    'a key that is made up',
    local(put('{ env: REVIEWER_APP }', '{ file: app.pem, generate: true }')),
    'secrets.reviewer-app.generate: reviewer.privateKey cannot be made up',
  ],
  [
    'tokens in clear',
    prod(put('  app: 123456', '  app: 123456\n  api: http://ghe.example.com/api/v3')),
    'reviewer.api: class production sends its tokens by https:// alone',
  ],
  [
    'an image without a digest',
    prod(put('fleet/reviewer@sha256:', 'fleet/reviewer:v1 # ')),
    'images.reviewer: class production needs',
  ],
  ['no image', prod((text) => text.replace(/^ {2}reviewer: us-.+\n/m, '')), 'images.reviewer: is required'],
  [
    'a name that Cloud Run refuses',
    local(put('app: 4711', 'app: 4711\n  service: Reviewer')),
    'reviewer.service',
  ],
  ['everybody', local(put('repositories: [acme]', 'repositories: []')), 'reviewer.repositories'],
])('%s is refused', (_what, found, expected) => {
  expect(found.join('\n')).toContain(expected);
});
