#!/usr/bin/env node
// Stands in for `gh api`: a repository in one JSON file, GITHUB_FILE. What it does not know is an error.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [command, ...args] = process.argv.slice(2);
if (command === 'auth' && args.join(' ') === 'setup-git') process.exit(0);
if (command !== 'api') throw new Error(`gh ${command}: not known here`);
const file = process.env.GITHUB_FILE ?? '';
const repository = JSON.parse(readFileSync(file, 'utf8'));

let method = 'GET';
let path = '';
let filter;
/** @type {Record<string, string>} */
const fields = {};
for (let index = 0; index < args.length; index += 1) {
  const argument = args[index] ?? '';
  if (argument === '--paginate' || argument === '--silent') continue;
  if (!argument.startsWith('--')) path = argument;
  else {
    index += 1;
    const value = args[index] ?? '';
    if (argument === '--method') method = value;
    else if (argument === '--jq') filter = value;
    else if (argument === '--field' || argument === '--raw-field') {
      const [key = '', ...rest] = value.split('=');
      const text = rest.join('=');
      fields[key] =
        argument === '--field' && text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text;
    } else throw new Error(`gh api ${argument}: not known here`);
  }
}

const bot = { login: 'github-actions[bot]' };
const route = `${method} ${path.replace(`repos/${process.env.GITHUB_REPOSITORY}/`, '').replace(/\?.*$/, '')}`;

function nextNumber() {
  repository.next += 1;
  return repository.next;
}

function answer() {
  let match = /^(GET|POST) issues\/(\d+)\/comments$/.exec(route);
  if (match?.[1] === 'GET')
    return repository.comments.filter((/** @type {any} */ { issue }) => issue === Number(match?.[2]));
  if (match !== null) {
    repository.comments.push({
      id: nextNumber(),
      issue: Number(match[2]),
      user: bot,
      body: fields.body,
    });
    return repository.comments.at(-1);
  }
  match = /^(PATCH|DELETE) issues\/comments\/(\d+)$/.exec(route);
  if (match !== null) {
    const index = repository.comments.findIndex((/** @type {any} */ { id }) => id === Number(match?.[2]));
    if (index < 0) throw new Error(`${route}: 404`);
    if (match[1] === 'DELETE') return repository.comments.splice(index, 1);
    return Object.assign(repository.comments[index], { body: fields.body });
  }
  match = /^GET commits\/(\w+)\/pulls$/.exec(route);
  if (match !== null)
    return repository.pulls.filter((/** @type {any} */ { commit }) => commit === match?.[1]);
  if (route === 'POST pulls') {
    repository.pulls.push({ number: nextNumber(), ...fields });
    return repository.pulls.at(-1);
  }
  if (route === 'GET issues')
    return repository.issues.filter((/** @type {any} */ { state }) => state === 'open');
  if (route === 'POST issues') {
    repository.issues.push({
      number: nextNumber(),
      state: 'open',
      title: fields.title,
      body: fields.body,
    });
    return repository.issues.at(-1);
  }
  match = /^PATCH issues\/(\d+)$/.exec(route);
  if (match !== null)
    return Object.assign(
      repository.issues.find((/** @type {any} */ { number }) => number === Number(match?.[1])),
      fields,
    );
  if (route === 'POST code-scanning/sarifs') return { id: nextNumber() };
  throw new Error(`gh api ${route}: not known here`);
}

const body = JSON.stringify(answer());
writeFileSync(file, JSON.stringify(repository));
if (!args.includes('--silent'))
  process.stdout.write(
    filter === undefined ? body : execFileSync('jq', ['--raw-output', filter], { input: body }),
  );
