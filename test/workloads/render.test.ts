import { describe, expect, test } from 'vitest';
import { escapeTerraform, render } from '../../workloads/render.ts';

describe('render', () => {
  test('puts every value in its places, as it is', () => {
    const text = render('{{a}}-{{b}}-{{a}}', { a: '$& $1 {{b}}', b: '' });
    expect(text).toBe('$& $1 {{b}}--$& $1 {{b}}');
  });

  test('leaves the braces of other template languages alone', () => {
    const text = `{{ $labels.job }} \${{ github.ref }} {{ end }} {x} {{}}`;
    expect(render(text, {})).toBe(text);
  });

  test('names every placeholder without a value and every value without a placeholder', () => {
    expect(() => render('{{a}} {{b}} {{c}}', { b: '1', d: '2', e: '3' })).toThrow(
      'template not rendered: no value given for a, c; not used in the template: d, e',
    );
  });

  test('does not take what every object has for a value', () => {
    expect(() => render('{{toString}}', {})).toThrow('no value given for toString');
  });
});

describe('escapeTerraform', () => {
  test.each([
    [`\${HOME}`, `$\${HOME}`],
    ['%{ if x }', '%%{ if x }'],
    ['$HOME 50% $ { }', '$HOME 50% $ { }'],
    [`\${a}\${b}%{c}`, `$\${a}$\${b}%%{c}`],
  ])('%s becomes %s', (text, escaped) => {
    expect(escapeTerraform(text)).toBe(escaped);
  });
});
