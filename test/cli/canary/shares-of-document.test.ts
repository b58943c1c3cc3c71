import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharesOfDocument } from '../../../cli/canary/shares-of-document.ts';
import { releasesOf } from '../../../contracts/release.ts';
import { readTemplates } from '../../../templates/read.ts';
import { routerDocument } from '../../../workloads/router.ts';
import { ROOT } from '../support.ts';
import { localEnvironment } from './environment.ts';

test.each([
  [80, 15, 5],
  [94.99, 0.01, 5],
  [0, 95, 5],
  [33.33, 33.34, 33.33],
  [0, 0, 100],
  [100, 0, 0],
])('weights %d, %d, %d are read back from the document that has them', (v32, v33, other) => {
  const environment = localEnvironment(v32, v33, other);
  const { nginx } = readTemplates(join(ROOT, 'templates'));
  const props = { listen: '127.0.0.1:1', adminListen: '127.0.0.1:2', egress: '127.0.0.1:3' };
  const shares = sharesOfDocument(routerDocument(environment, props, nginx).text);
  for (const { model, name, weight } of releasesOf(environment))
    expect(Math.abs((shares(model, name) ?? Number.NaN) - weight), `${model} ${name}`).toBeLessThanOrEqual(1);
  expect(shares('gpt-oss-121b', 'v32')).toBeUndefined();
});
