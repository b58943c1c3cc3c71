import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';

/**
 * The baseline: a bare cdktf program that makes the same resources as the stacks in a folder of synthesized
 * stacks, from the same classes of the same packages, with the attributes that are already there.
 * argv: the folder with stacks, the output folder.
 */
const [, , stacksFolder, outdir] = process.argv;
if (stacksFolder === undefined || outdir === undefined) throw new Error('usage: bare STACKS OUTDIR');
const require = createRequire(import.meta.url);

interface Synthesized {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly provider?: Readonly<Record<string, readonly object[]>>;
}
type Constructor = new (
  scope: TerraformStack,
  id: string,
  config: object,
) => { addOverride(path: string, value: unknown): void };

/** `aws_s3_bucket` → the class whose `tfResourceType` says so, from its own submodule. */
function classOf(type: string): Constructor {
  const exported: unknown = type.startsWith('terraform_') ? require('cdktf') : require(modulePath(type));
  const found = Object.values(exported as Record<string, unknown>).find(
    (value) => typeof value === 'function' && 'tfResourceType' in value && value.tfResourceType === type,
  );
  if (found === undefined) throw new Error(`no class for ${type}`);
  return found as Constructor;
}

function modulePath(type: string): string {
  const [provider = '', ...rest] = type.split('_');
  return `@cdktf/provider-${provider}/lib/${rest.join('-')}/index.js`;
}

const app = new App({ outdir });
for (const name of readdirSync(stacksFolder)) {
  const { resource = {}, provider = {} }: Synthesized = JSON.parse(
    readFileSync(join(stacksFolder, name, 'cdk.tf.json'), 'utf8'),
  );
  const stack = new TerraformStack(app, name);
  for (const key of Object.keys(provider)) {
    const { [`${key[0]?.toUpperCase()}${key.slice(1)}Provider`]: Provider } = require(
      `@cdktf/provider-${key}/lib/provider/index.js`,
    );
    new Provider(stack, key, {});
  }
  for (const [type, instances] of Object.entries(resource)) {
    const Resource = classOf(type);
    for (const [id, attributes] of Object.entries(instances)) {
      const instance = new Resource(stack, id, {});
      for (const [attribute, value] of Object.entries(attributes)) instance.addOverride(attribute, value);
    }
  }
}
app.synth();
