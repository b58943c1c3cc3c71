import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProgram, findTerraform, terraformVariables, versionOf } from '../../cli/programs.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fleet-programs-'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function install(folder: string, name: string, mode = 0o755): string {
  mkdirSync(join(home, folder), { recursive: true });
  const path = join(home, folder, name);
  writeFileSync(path, '#!/bin/sh\necho "warning" >&2\necho "Thing v1.11.4 (build 7)"\n');
  chmodSync(path, mode);
  return path;
}

const onPath = (...folders: string[]) => ({ PATH: folders.map((folder) => join(home, folder)).join(':') });

describe('findProgram', () => {
  test('takes the first one on the PATH', () => {
    const first = install('a', 'thing-1');
    install('b', 'thing-1');
    expect(findProgram('thing-1', onPath('a', 'b'))).toBe(first);
  });

  test('passes over a file that cannot be executed, and over a folder', () => {
    install('a', 'thing-1', 0o644);
    mkdirSync(join(home, 'b', 'thing-1'), { recursive: true });
    const third = install('c', 'thing-1');
    expect(findProgram('thing-1', onPath('a', 'b', 'c'))).toBe(third);
  });

  test('looks into the folders of system programs too, which an ordinary PATH lacks', () => {
    expect(findProgram('ldconfig', { PATH: '/nowhere' })).toMatch(/sbin\/ldconfig$/);
  });

  test('takes a path as it is', () => {
    const path = install('a', 'thing-1');
    expect(findProgram(path, {})).toBe(path);
    expect(findProgram(`${path}-not`, {})).toBeUndefined();
  });

  test('finds nothing where nothing is', () => {
    expect(findProgram('thing-1', {})).toBeUndefined();
  });
});

test('versionOf reads the first version number of either stream', async () => {
  expect(await versionOf(install('a', 'thing-1'), [], process.env)).toBe('1.11.4');
});

describe('Terraform', () => {
  test('is terraform where both are there', () => {
    install('a', 'tofu');
    const terraform = install('b', 'terraform');
    expect(findTerraform(onPath('a', 'b'))).toBe(terraform);
  });

  test('is OpenTofu where terraform is missing, and cdktf is told so', () => {
    const tofu = install('a', 'tofu');
    expect(findTerraform(onPath('a'))).toBe(tofu);
    expect(terraformVariables(onPath('a'))).toMatchObject({ TERRAFORM_BINARY_NAME: 'tofu' });
  });

  test('is what TERRAFORM_BINARY_NAME says, and nothing else', () => {
    install('a', 'terraform');
    expect(findTerraform({ ...onPath('a'), TERRAFORM_BINARY_NAME: 'terraform-1.9' })).toBeUndefined();
  });

  test('is not told of a configuration file that does not exist', () => {
    const missing = join(home, 'terraformrc');
    expect(terraformVariables({ TF_CLI_CONFIG_FILE: missing })).not.toHaveProperty('TF_CLI_CONFIG_FILE');
    writeFileSync(missing, '');
    expect(terraformVariables({ TF_CLI_CONFIG_FILE: missing })).toMatchObject({
      TF_CLI_CONFIG_FILE: missing,
    });
  });
});
