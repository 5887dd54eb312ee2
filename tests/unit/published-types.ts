import { parseAst } from 'vitest/node';

/** What a file of types says, in words that TypeScript and Lua share: fields and functions, each with its type. */
export type Published = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

type Node = Readonly<Record<string, unknown>>;

/** The types of a `.d.ts`, in the words of the Lua language server. */
export function fromTypeScript(code: string): Published {
  const found: Record<string, string | Record<string, string>> = {};
  for (const statement of nodes(parseAst(code, { lang: 'dts' })['body' as never])) {
    const declared = node(statement['declaration']);
    const name = node(declared['id'])['name'];
    if (typeof name !== 'string') continue;
    if (declared['type'] === 'TSInterfaceDeclaration') {
      found[name] = membersOf(node(declared['body'])['body']);
    } else if (declared['type'] === 'TSTypeAliasDeclaration') {
      const type = node(declared['typeAnnotation']);
      found[name] = type['type'] === 'TSTypeLiteral' ? membersOf(type['members']) : luaType(type).type;
    }
  }
  return found;
}

/** The types of a `.lua` that only the Lua language server reads. */
export function fromLua(code: string): Published {
  const found: Record<string, string | Record<string, string>> = {};
  let members: Record<string, string> = {};
  let parameters: string[] = [];
  for (const line of code.split('\n')) {
    const [, alias, type = ''] = /^---@alias cmsban\.(\w+) (.+)$/.exec(line) ?? [];
    if (alias !== undefined) found[alias] = sorted(type);
    const [, name] = /^---@class cmsban\.(\w+)$/.exec(line) ?? [];
    if (name !== undefined) {
      members = {};
      found[name] = members;
    }
    const [, field, fieldType = ''] = /^---@field (\w+\??) ((?:[^\s|]+)(?: \| [^\s|]+)*)/.exec(line) ?? [];
    if (field !== undefined && !line.includes('field cmsban ')) members[field] = sorted(fieldType);
    const [, parameter, parameterType = ''] = /^---@param (\w+\??) (.+)$/.exec(line) ?? [];
    if (parameter !== undefined) parameters.push(`${parameter}: ${sorted(parameterType)}`);
    const [, answer] = /^---@return (\S+)$/.exec(line) ?? [];
    if (answer !== undefined) parameters.push(answer);
    const [, run, names = ''] = /^function Exports:(\w+)\((.*)\) end$/.exec(line) ?? [];
    if (run !== undefined) {
      members[run] = parameters.join(', ');
      const annotated = parameters.slice(0, -1).map((each) => each.replace(/\??:.*$/, ''));
      if (annotated.join(', ') !== names) throw new Error(`${run}(${names}) is annotated otherwise`);
      parameters = [];
    }
  }
  return found;
}

function membersOf(list: unknown): Record<string, string> {
  return Object.fromEntries(
    nodes(list).map((member) => {
      const name = node(member['key'])['name'];
      if (typeof name !== 'string') throw new Error('a member without a plain name');
      if (member['type'] === 'TSMethodSignature') return [name, methodType(member)];
      const { type, isNullable } = luaType(node(node(member['typeAnnotation'])['typeAnnotation']));
      return [isNullable || member['optional'] === true ? `${name}?` : name, type];
    }),
  );
}

function methodType(method: Node): string {
  const parameters = nodes(method['params']).map((parameter) => {
    const { type, isNullable } = luaType(node(node(parameter['typeAnnotation'])['typeAnnotation']));
    const mark = isNullable || parameter['optional'] === true ? '?' : '';
    return `${parameter['name']}${mark}: ${type}`;
  });
  const promised = node(node(node(method['returnType'])['typeAnnotation'])['typeArguments']);
  const [answer] = nodes(promised['params']);
  return [...parameters, luaType(node(answer)).type].join(', ');
}

/** What is nullable in JavaScript is nil in Lua. */
function luaType(type: Node): { readonly type: string; readonly isNullable: boolean } {
  const plain = (text: string) => ({ type: text, isNullable: false });
  switch (type['type']) {
    case 'TSStringKeyword':
      return plain('string');
    case 'TSNumberKeyword':
      return plain('integer');
    case 'TSBooleanKeyword':
      return plain('boolean');
    case 'TSTypeReference':
      return plain(`cmsban.${node(type['typeName'])['name']}`);
    case 'TSArrayType':
      return plain(`${luaType(node(type['elementType'])).type}[]`);
    case 'TSLiteralType': {
      const { value } = node(type['literal']);
      return plain(typeof value === 'string' ? `'${value}'` : String(value));
    }
    case 'TSUnionType': {
      const parts = nodes(type['types']);
      const others = parts.filter((part) => part['type'] !== 'TSNullKeyword');
      return {
        type: sorted(others.map((part) => luaType(part).type).join(' | ')),
        isNullable: others.length < parts.length,
      };
    }
    default:
      throw new Error(`no type in Lua for ${type['type']}`);
  }
}

function sorted(union: string): string {
  return union.split(' | ').sort().join(' | ');
}

function node(value: unknown): Node {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function nodes(value: unknown): Node[] {
  return Array.isArray(value) ? value.map(node) : [];
}
