/** Build contexts of our two images: name in the context → content. */
export interface ImageFiles {
  readonly services: Readonly<Record<string, string>>;
  readonly router: Readonly<Record<string, string>>;
}

/** What goes into the images: bundles and a few scripts, nothing that is installed at run time. */
export function imageFiles(readToolkit: (path: string) => string): ImageFiles {
  const script = (name: string) => [name, readToolkit(`templates/docker/${name}`)];
  const program = (name: string) => [`${name}.mjs`, readToolkit(`dist/services/${name}.js`)];
  const shared = ['Dockerfile', 'probe.mjs'].map(script);
  return {
    services: Object.fromEntries([
      ...shared,
      ...['receive.sh', 'with-secret.sh'].map(script),
      ...['gateway', 'gateway-tokens', 'vllm-simulator'].map(program),
    ]),
    router: Object.fromEntries([...shared, script('router.sh'), program('router-agent')]),
  };
}
