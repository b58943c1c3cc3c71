const ADDRESS =
  /(?:[a-z][a-z0-9+.-]*:)?\/\/[^\s<>"'`)\]]+|\bwww\.[^\s<>"'`)\]]+|[\w.+-]+@[\w-]+\.[\w.-]+|\]\([^)]*\)|\bsrc\s*=\s*\S+/gi;

/** Everything in a text that leads elsewhere: addresses, links, mail, pictures. */
export function addressesIn(text: string): string[] {
  return (text.match(ADDRESS) ?? []).map((one) => one.toLowerCase());
}

const RESERVED =
  /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?|0\.0\.0\.0|(?:[\w-]+\.)*(?:example(?:\.(?:com|org|net))?|test|invalid|localhost))$/;

/** Hosts of addresses that are not reserved for documentation and tests. */
export function foreignHosts(text: string): string[] {
  const hosts = [...text.matchAll(/[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@"'`]*@)?(\[[^\]]*\]|[^\s/:"'`?#)]+)/gi)];
  return hosts.flatMap(([, host = '']) => (RESERVED.test(host.toLowerCase()) ? [] : [host]));
}
