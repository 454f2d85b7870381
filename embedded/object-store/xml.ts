import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import { S3Error } from './errors'

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', suppressEmptyNode: false })
const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, trimValues: false, isArray: () => true })

export type XmlNode = { [name: string]: string | number | boolean | XmlNode | XmlNode[] | undefined }

/** A document of S3. Undefined values leave their element out. */
export function toXml(root: string, content: XmlNode): string {
  return HEAD + escapeControls(builder.build({ [root]: { '@xmlns': NAMESPACE, ...content } }))
}

/** An error as S3 tells it. */
export function errorXml(content: XmlNode): string {
  return HEAD + escapeControls(builder.build({ Error: content }))
}

/** Keys may hold characters that XML would change or that it can't hold; they are written as S3 writes them. */
function escapeControls(xml: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  return xml.replace(/[\x00-\x08\x0b-\x1f\ufffe\uffff]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`)
}

/** An element that was read: its children by name, each a list. */
export type Element = { [name: string]: (Element | string)[] | undefined }

/**
 * Reads the document of an operation. Documents with a DOCTYPE are refused before they are read: nothing that clients send
 * has one, and entities are a way to make much out of little.
 * @throws S3Error MalformedXML
 */
export function readXml(document: string, root: string): Element {
  if (/<!DOCTYPE|<!ENTITY/i.test(document) || XMLValidator.validate(document) !== true)
    throw new S3Error('MalformedXML')
  let read: Element
  try {
    read = parser.parse(document) as Element
  } catch {
    throw new S3Error('MalformedXML')
  }
  const [found] = read[root] ?? []
  if (found === undefined) throw new S3Error('MalformedXML')
  return typeof found === 'string' ? {} : found
}

/** The elements named `name` in `element`. */
export function elements(element: Element, name: string): Element[] {
  return (element[name] ?? []).map((child) => (typeof child === 'string' ? {} : child))
}

/** The text of the first element named `name`, or undefined. */
export function textOf(element: Element, name: string): string | undefined {
  const [first] = element[name] ?? []
  return typeof first === 'string' ? first : undefined
}
