/** What esbuild makes a file of its own. */
declare module "*.css";
