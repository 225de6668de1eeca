/** What a test sees of a style sheet: any class has its own name. */
export default new Proxy<Record<string, string>>({}, { get: (_, name) => String(name) });
