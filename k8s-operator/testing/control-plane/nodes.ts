/** Those that kwok plays the kubelets of. */
export const NODES = [
  { name: 'node-a', zone: 'a' },
  { name: 'node-b', zone: 'b' },
];

/** As they are made; the rest kwok says. */
export function nodes(): object[] {
  return NODES.map(({ name, zone }) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'topology.kubernetes.io/zone': zone,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
      },
    },
  }));
}
