export { clientCredentials, readTls, serverCredentials, serviceIdentity, type TlsFiles, type TlsMaterial } from './tls.ts';
export { startGrpcServer, type GrpcServer } from './server.ts';
export { WriterChannels, type WriterChannelsOptions } from './channels.ts';
export { reflectionOf } from './reflection.ts';
