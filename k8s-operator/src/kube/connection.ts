import { KubeConfig } from '@kubernetes/client-node';

/** KUBECONFIG, the file in the home folder, or the service account of the pod. */
export function kubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}
