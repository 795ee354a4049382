// The block in the editor: the tag itself as preview, and a control for each of its attributes. Plain JavaScript, without a
// build: `window.synthflowCallBlock` is what block.php tells.
((
  { blocks, blockEditor, components, element },
  { attributes, agents, script, assets, problem, settingsUrl, words },
) => {
  const { createElement: h, Fragment, useEffect, useRef } = element;
  const { InspectorControls, useBlockProps } = blockEditor;
  const { Notice, PanelBody, SelectControl, TextControl, TextareaControl, ToggleControl } = components;

  /** Which panel an attribute is in; those that nobody has named here are in the last one. */
  const panels = {
    look: ['assistant-id', 'variant', 'position', 'size', 'theme', 'accent', 'radius'],
    words: [
      'label',
      'heading',
      'subheading',
      'avatar',
      'disclosure',
      'consent',
      'fallback-href',
      'fallback-label',
      'hours',
      'lang',
    ],
  };
  const named = Object.values(panels).flat();
  panels.more = Object.keys(attributes).filter((name) => !named.includes(name));

  /** The control for one attribute: by its type. */
  function Control({ name, block }) {
    const { property, type, values, label, description, default: initial } = attributes[name];
    const value = block.attributes[property];
    const shared = {
      label,
      help: description,
      onChange: (next) => block.setAttributes({ [property]: next === '' ? undefined : next }),
    };
    if (type === 'boolean') {
      const onChange = (isOn) => block.setAttributes({ [property]: isOn || undefined });
      return h(ToggleControl, { ...shared, checked: value ?? false, onChange });
    }
    if (name === 'assistant-id') {
      const options = [
        { value: '', label: words.firstAgent },
        ...agents.map((alias) => ({ value: alias, label: alias })),
      ];
      return h(SelectControl, { ...shared, value: value ?? '', options });
    }
    if (values.length > 0) {
      const options = values.map((one) => ({ value: one, label: one }));
      return h(SelectControl, { ...shared, value: value ?? initial, options });
    }
    if (type === 'number') {
      const onChange = (text) => block.setAttributes({ [property]: text === '' ? undefined : Number(text) });
      return h(TextControl, {
        ...shared,
        type: 'number',
        step: 'any',
        min: 0,
        placeholder: `${initial}`,
        value: value ?? '',
        onChange,
      });
    }
    return h(name === 'consent' ? TextareaControl : TextControl, { ...shared, value: value ?? '' });
  }

  /** The tag with the block's attributes, where it stands: it cannot be clicked, as a call costs money. */
  function Preview({ block }) {
    const ref = useRef();
    useEffect(() => {
      // The editor may show the post in a frame, which is a document with a registry of elements of its own.
      const { head } = ref.current.ownerDocument;
      if (head.querySelector('[data-synthflow-call]')) return;
      const tag = head.ownerDocument.createElement('script');
      tag.dataset.synthflowCall = '';
      tag.src = script;
      head.append(tag);
    }, []);
    const shown = { 'assets-url': assets };
    for (const [name, { property, type }] of Object.entries(attributes)) {
      const value = block.attributes[property];
      // It stays in its place here, and `debug` would look for a token endpoint.
      if (value === undefined || value === '' || name === 'position' || name === 'debug') continue;
      shown[name] = type === 'boolean' ? '' : `${value}`;
    }
    const isFloating = (block.attributes.position ?? 'inline') !== 'inline';
    return h(
      Fragment,
      null,
      h('div', { ref, inert: '' }, h('synthflow-call', shown)),
      isFloating && h('p', { style: { margin: '4px 0 0', fontSize: 13, opacity: 0.7 } }, words.floats),
    );
  }

  /** A sentence for whoever can mend the settings, and for whoever can only ask for that. */
  const Problem = () =>
    h(
      Notice,
      {
        status: 'warning',
        isDismissible: false,
        actions: settingsUrl ? [{ label: words.settings, url: settingsUrl }] : [],
      },
      problem,
    );

  function Edit(block) {
    const panel = (name, initialOpen) =>
      h(
        PanelBody,
        { key: name, title: words[name], initialOpen },
        panels[name].map((attribute) => h(Control, { key: attribute, name: attribute, block })),
      );
    return h(
      Fragment,
      null,
      h(InspectorControls, null, panel('look', true), panel('words', false), panel('more', false)),
      h('div', useBlockProps(), problem && h(Problem), h(Preview, { block })),
    );
  }

  blocks.registerBlockType('synthflow/call', { edit: Edit, save: () => null });
})(window.wp, window.synthflowCallBlock);
