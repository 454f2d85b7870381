/** @type {import('next').NextConfig} */
export default {
  distDir: process.env.STOUT_NEXT_DIR || '.next',
  poweredByHeader: false,
  reactStrictMode: true,
  typedRoutes: true,
  typescript: { ignoreBuildErrors: true }, // the checks read all types, tests' too; what is built needs none of it
  serverExternalPackages: ['pg', 'ioredis', 'pino', 'prom-client', '@node-rs/argon2', '@aws-sdk/client-s3'],
}
