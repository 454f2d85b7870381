import styles from './field-list.module.css'
import { Inline } from './rich-text'
import type { Field } from './schema-fields'

/** Who gives the fields: a request must have those that are required, an answer has all but those that are optional. */
type Side = 'request' | 'answer'

/** Fields with what they take; those inside of them stand below, aside. */
export function FieldList({ fields, side }: { fields: Field[]; side: Side }) {
  return (
    <ul className={styles.fields}>
      {fields.map((field) => (
        <FieldRow key={field.name} field={field} side={side} />
      ))}
    </ul>
  )
}

function FieldRow({ field, side }: { field: Field; side: Side }) {
  const { name, type, limits, values, pattern, description, children } = field
  return (
    <li>
      <p>
        <b>{name}</b>
        <small>
          {type}
          <Need field={field} side={side} />
          {limits.map((limit) => ` · ${limit}`).join('')}
        </small>
      </p>
      {description !== undefined && (
        <p>
          <Inline text={description} />
        </p>
      )}
      {values.length > 0 && (
        <p>
          <small>one of {values.join(', ')}</small>
        </p>
      )}
      {pattern !== undefined && (
        <p>
          <small>
            matches <code>{pattern}</code>
          </small>
        </p>
      )}
      {children.length > 0 && (
        <ul aria-label={`Fields of ${name}`}>
          {children.map((child) => (
            <FieldRow key={child.name} field={child} side={side} />
          ))}
        </ul>
      )}
    </li>
  )
}

function Need({ field: { required }, side }: { field: Field; side: Side }) {
  if (side === 'answer') return required ? null : ' · optional'
  if (!required) return null
  return (
    <>
      {' · '}
      <strong>required</strong>
    </>
  )
}
