/** Set by the WordPress plugin itself: an author cannot say where sound goes, or where code comes from. */
const reserved = ['token-endpoint', 'session-url', 'assets-url', 'worklet-url'];

/** What WordPress would take for markup of its own, as it is written in HTML. */
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '[': '&#91;', ']': '&#93;' };

/**
 * The WordPress plugin's shortcode: in one line, as WordPress puts a `<br />` into what has more.
 * @param {[string, string][]} attributes - Names and values of the tag's; '' is a boolean that is set.
 */
export function shortcode(attributes) {
  const words = attributes
    .filter(([name]) => !reserved.includes(name))
    .map(([name, value]) => {
      const text = value.replace(/[&<>"[\]]/g, (character) => entities[character]);
      // WordPress takes a backslash away.
      return value ? ` ${name}="${text.replaceAll('\\', '\\\\').replace(/\s+/g, ' ')}"` : ` ${name}`;
    });
  return `[synthflow_call${words.join('')}]`;
}
