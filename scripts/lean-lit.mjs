// What the script's own copy of Lit does without: features that no template and no property of ours uses, and what Lit says
// to and asks of the page's globals (our copy is nobody else's business). Each piece is looked for word by word, so a newer
// Lit that differs fails the build, here.

/** By file: pieces of Lit's minified code, and what stands in their place. */
const cuts = {
  'lit-html/lit-html': [
    // Polyfills, the list of versions, and what other packages of Lit's ask for.
    [
      'const j={M:h,P:o,A:n,C:1,L:N,R,D:d,V:M,I:k,H,N:L,U:z,B:I,F:Z},B=t.litHtmlPolyfillSupport;B?.(S,k),(t.litHtmlVersions??=[]).push("3.3.3");',
      '',
    ],
    [
      'export{j as _$LH,b as html,T as mathml,E as noChange,A as nothing,D as render,w as svg};',
      'export{b as html,A as nothing,D as render};',
    ],
    // Directives, and `noChange`, which is theirs.
    [
      'function M(t,i,s=t,e){if(i===E)return i;let h=void 0!==e?s._$Co?.[e]:s._$Cl;const o=a(i)?void 0:i._$litDirective$;return h?.constructor!==o&&(h?._$AO?.(!1),void 0===o?h=void 0:(h=new o(t),h._$AT(t,s,e)),void 0!==e?(s._$Co??=[])[e]=h:s._$Cl=h),void 0!==h&&(i=M(t,h._$AS(t,i.values),h,e)),i}',
      '',
    ],
    ['E=Symbol.for("lit-noChange"),', ''],
    ['t=M(this,t,i),a(t)?', 'a(t)?'],
    ['t!==this._$AH&&t!==E&&this._(t)', 't!==this._$AH&&this._(t)'],
    ['if((t=M(this,t,i,0)??A)===E)return;const s', 't??=A;const s'],
    // Attributes of more than one expression, or of text and an expression.
    [
      'const h=this.strings;let o=!1;if(void 0===h)t=M(this,t,i,0),o=!a(t)||t!==this._$AH&&t!==E,o&&(this._$AH=t);else{const e=t;let n,r;for(t=h[0],n=0;n<h.length-1;n++)r=M(this,e[s+n],i,n),r===E&&(r=this._$AH[n]),o||=!a(r)||r!==this._$AH[n],r===A?t=A:t!==A&&(t+=(r??"")+h[n+1]),this._$AH[n]=r}o&&!e&&this.j(t)}',
      't!==this._$AH&&this.j(this._$AH=t)}',
    ],
    ['_$AI(t,i=this,s,e){t', '_$AI(t){t'],
    [
      's.length>2||""!==s[0]||""!==s[1]?(this._$AH=Array(s.length-1).fill(new String),this.strings=s):this._$AH=A}',
      'this._$AH=A}',
    ],
    [
      'let i=0;for(const s of this._$AV)void 0!==s&&(void 0!==s.strings?(s._$AI(t,s,i),i+=s.strings.length-2):s._$AI(t[i])),i++}',
      'this._$AV.forEach((s,i)=>s._$AI(t[i]))}',
    ],
    ['const i=v[a++],s=r.getAttribute(t).split(o),e=', 'const i=v[a++],e='],
    ['name:e[2],strings:s,ctor', 'name:e[2],ctor'],
    ['new r.ctor(h,r.name,r.strings,this,t)', 'new r.ctor(h,r.name,t)'],
    [
      'constructor(t,i,s,e,h){this.type=1,this._$AH=A,this._$AN=void 0,this.element=t,this.name=i,this._$AM=e,this.options=h,',
      'constructor(t,i,h){this.element=t,this.name=i,this.options=h,',
    ],
    ['class I extends H{constructor(){super(...arguments),this.type=3}', 'class I extends H{'],
    ['class L extends H{constructor(){super(...arguments),this.type=4}', 'class L extends H{'],
    [
      'class z extends H{constructor(t,i,s,e,h){super(t,i,s,e,h),this.type=5}_$AI(t,i=this){',
      'class z extends H{_$AI(t){',
    ],
    // Listeners that are objects.
    [
      '"function"==typeof this._$AH?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)',
      'this._$AH.call(this.options.host,t)',
    ],
    // Nodes, and whatever is iterable but no array.
    ['void 0!==t.nodeType?this.T(t):d(t)?this.k(t)', 'u(t)?this.k(t)'],
    [',d=t=>u(t)||"function"==typeof t?.[Symbol.iterator],', ','],
    // Expressions in a tag without an attribute, in comments, and in style, script, textarea and title.
    [
      'class Z{constructor(t,i,s){this.element=t,this.type=6,this._$AN=void 0,this._$AM=i,this.options=s}get _$AU(){return this._$AM._$AU}_$AI(t){M(this,t)}}',
      '',
    ],
    [':6===r.type&&(i=new Z(h,this,t))', ':0'],
    ['else t.startsWith(o)&&(d.push({type:6,index:l}),r.removeAttribute(t));', ''],
    [
      'if(y.test(r.tagName)){const t=r.textContent.split(o),i=t.length-1;if(i>0){r.textContent=s?s.emptyScript:"";for(let s=0;s<i;s++)r.append(t[s],c()),P.nextNode(),d.push({type:2,index:++l});r.append(t[i],c())}}',
      '',
    ],
    ['(y.test(u[2])&&(n=RegExp("</"+u[2],"g")),c=p)', '(c=p)'],
    [
      'if(r.data===n)d.push({type:2,index:l});else{let t=-1;for(;-1!==(t=r.data.indexOf(o,t+1));)d.push({type:7,index:l}),t+=o.length-1}',
      'r.data===n&&d.push({type:2,index:l});',
    ],
    // Templates of SVG and MathML.
    ['l=2===i?"<svg>":3===i?"<math>":"",', 'l="",'],
    ['+(2===i?"</svg>":3===i?"</math>":"")', ''],
    [
      'if(this.el=S.createElement(f,e),P.currentNode=this.el.content,2===i||3===i){const t=this.el.content.firstChild;t.replaceWith(...t.childNodes)}',
      'this.el=S.createElement(f,e),P.currentNode=this.el.content;',
    ],
    // Compiled templates.
    [
      'const{values:i,_$litType$:s}=t,e="number"==typeof s?this._$AC(t):(void 0===s.el&&(s.el=S.createElement(V(s.h,s.h[0]),this.options)),s);',
      'const{values:i}=t,e=this._$AC(t);',
    ],
    // What asynchronous directives ask: whether a part is connected, and where it is.
    ['get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t)', 'u(t)'],
    ['get _$AU(){return this._$AM?._$AU??this._$Cv}', ''],
    [',this._$Cv=e?.isConnected??!0}', '}'],
    [
      'get parentNode(){let t=this._$AA.parentNode;const i=this._$AM;return void 0!==i&&11===t?.nodeType&&(t=i.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}',
      '',
    ],
    ['for(this._$AP?.(!1,!0,s);t!==this._$AB;)', 'for(;t!==this._$AB;)'],
    ['setConnected(t){void 0===this._$AM&&(this._$Cv=t,this._$AP?.(t))}', ''],
    ['get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}', ''],
    ['_$AI(t,i=this){a(t)', '_$AI(t){a(t)'],
    [
      'constructor(t,i){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=i}',
      'constructor(t){this._$AV=[],this._$AD=t}',
    ],
    ['new R(e,this)', 'new R(e)'],
    [
      'constructor(t,i,s,e){this.type=2,this._$AH=A,this._$AN=void 0,this._$AA=t,this._$AB=i,this._$AM=s,this.options=e',
      'constructor(t,i,e){this._$AH=A,this._$AA=t,this._$AB=i,this.options=e',
    ],
    ['new k(h,h.nextSibling,this,t)', 'new k(h,h.nextSibling,t)'],
    ['new k(this.O(c()),this.O(c()),this,this.options)', 'new k(this.O(c()),this.O(c()),this.options)'],
    // What Closure Compiler must not see through.
    ['i=t=>t,s=t.trusted', 's=t.trusted'],
    ['const s=i(t).nextSibling;i(t).remove(),t=s', 'const s=t.nextSibling;t.remove(),t=s'],
    // Other places to render to than a root of our own.
    ['(t?.creationScope??l).importNode', 'l.importNode'],
    [
      'const e=s?.renderBefore??i;let h=e._$litPart$;if(void 0===h){const t=s?.renderBefore??null;e._$litPart$=h=new k(i.insertBefore(c(),t),t,void 0,s??{})}',
      'let h=i._$litPart$;h||(i._$litPart$=h=new k(i.insertBefore(c(),null),null,s));',
    ],
    // Options of event listeners.
    ['e=t===A&&s!==A||t.capture!==s.capture||t.once!==s.once||t.passive!==s.passive,', 'e=t===A&&s!==A,'],
    ['t!==A&&(s===A||e)', 't!==A&&s===A'],
    ['if(!u(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");', ''],
  ],
  '@lit/reactive-element/reactive-element': [
    // Styles: the element has its own way to them.
    [
      'import{getCompatibleStyle as t,adoptStyles as s}from"./css-tag.js";export{CSSResult,css,supportsAdoptingStyleSheets,unsafeCSS}from"./css-tag.js";',
      '',
    ],
    [
      'export{y as ReactiveElement,s as adoptStyles,u as defaultConverter,t as getCompatibleStyle,f as notEqual};',
      'export{y as ReactiveElement};',
    ],
    [',p=a.reactiveElementPolyfillSupport', ''],
    [
      'y.elementStyles=[],y.shadowRootOptions={mode:"open"},y[d("elementProperties")]=new Map,y[d("finalized")]=new Map,p?.({ReactiveElement:y}),(a.reactiveElementVersions??=[]).push("2.1.2");',
      'y.elementProperties=new Map;y.finalized=true;',
    ],
    // Decorators.
    ['Symbol.metadata??=Symbol("metadata"),a.litPropertyMetadata??=new WeakMap;', ''],
    [
      'const t=this[Symbol.metadata];if(null!==t){const s=litPropertyMetadata.get(t);if(void 0!==s)for(const[t,i]of s)this.elementProperties.set(t,i)}',
      '',
    ],
    ['static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}', ''],
    ['void 0!==t.l&&(this.l=[...t.l]),', ''],
    [',this.constructor.l?.forEach(t=>t(this))', ''],
    // Controllers.
    [
      'addController(t){(this._$EO??=new Set).add(t),void 0!==this.renderRoot&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}',
      '',
    ],
    [',this._$EO?.forEach(t=>t.hostConnected?.())', ''],
    ['this._$EO?.forEach(t=>t.hostDisconnected?.())', ''],
    ['this._$EO?.forEach(t=>t.hostUpdate?.()),', ''],
    ['this._$EO?.forEach(t=>t.hostUpdated?.()),', ''],
    // Converters, but for text, numbers and flags.
    [
      'u={toAttribute(t,s){switch(s){case Boolean:t=t?l:null;break;case Object:case Array:t=null==t?t:JSON.stringify(t)}return t},fromAttribute(t,s){let i=t;switch(s){case Boolean:i=null!==t;break;case Number:i=null===t?null:Number(t);break;case Object:case Array:try{i=JSON.parse(t)}catch(t){i=null}}return i}},',
      '',
    ],
    ['h=(void 0!==i.converter?.toAttribute?i.converter:u).toAttribute(s,i.type)', 'h=i.type===Boolean?s?"":null:s'],
    [
      't=i.getPropertyOptions(e),h="function"==typeof t.converter?{fromAttribute:t.converter}:void 0!==t.converter?.fromAttribute?t.converter:u;this',
      '{type:t}=i.elementProperties.get(e);this',
    ],
    ['r=h.fromAttribute(s,t.type)', 'r=t===Boolean?null!==s:t===Number&&null!==s?Number(s):s'],
    [',c=a.trustedTypes,l=c?c.emptyScript:""', ''],
    // Options that are not given: every property of ours has some.
    [',b={attribute:!0,type:String,converter:u,reflect:!1,useDefault:!1,hasChanged:f};', ';'],
    ['static createProperty(t,s=b){', 'static createProperty(t,s){'],
    ['static getPropertyOptions(t){return this.elementProperties.get(t)??b}', ''],
    ['requestUpdate(t,s,i,e=!1,h){', 'requestUpdate(t,s,i){'],
    ['if(!1===e&&(h=this[t]),i??=r.getPropertyOptions(t),!(', 'const h=this[t];if(!('],
    // Attributes' names: `createProperty` has given every property one, or `false`.
    [
      'static _$Eu(t,s){const i=s.attribute;return!1===i?void 0:"string"==typeof i?i:"string"==typeof t?t.toLowerCase():void 0}',
      '',
    ],
    ['const i=this._$Eu(t,s);void 0!==i&&this._$Eh.set(i,t)', 's.attribute&&this._$Eh.set(s.attribute,t)'],
    ['e=this.constructor._$Eu(t,i);if(void 0!==e&&!0===i.reflect)', 'e=i.attribute;if(i.reflect)'],
    ['r._$Eu(t,i)', 'i.attribute'],
    ['const r=this.constructor;', ''],
    // Names that Closure Compiler changes, and symbols for names.
    [',d=(t,s)=>t,', ','],
    [
      'static _$Ei(){if(this.hasOwnProperty(d("elementProperties")))return;const t=n(this);t.finalize(),this.elementProperties=new Map(t.elementProperties)}',
      '',
    ],
    ['d("finalized")', '"finalized"'],
    [
      'if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(d("properties"))){const t=this.properties,s=[...r(t),...o(t)];for(const i of s)this.createProperty(i,t[i])}',
      'this.finalized=!0;const t=n(this);t.finalize(),this.elementProperties=new Map(t.elementProperties);for(const t in this.properties)this.createProperty(t,this.properties[t]);',
    ],
    ['getOwnPropertyNames:r,getOwnPropertySymbols:o,', ''],
    // Accessors that the class has itself, own comparisons, and what subclasses may override.
    [
      'if(s.state&&(s.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((s=Object.create(s)).wrapped=!0),this.elementProperties.set(t,s),!s.noAccessor){const i=Symbol(),h=this.getPropertyDescriptor(t,i,s);void 0!==h&&e(this.prototype,t,h)}',
      's.state&&(s.attribute=!1),this.elementProperties.set(t,s),e(this.prototype,t,this.getPropertyDescriptor(t,Symbol(),s))',
    ],
    [
      'const{get:e,set:r}=h(this.prototype,t)??{get(){return this[s]},set(t){this[s]=t}};return{get:e,set(s){const h=e?.call(this);r?.call(this,s),this.requestUpdate(t,h,i)},',
      'return{get(){return this[s]},set(e){const h=this[s];this[s]=e,this.requestUpdate(t,h,i)},',
    ],
    ['getOwnPropertyDescriptor:h,', ''],
    [
      'const t=this.constructor.elementProperties;if(t.size>0)for(const[s,i]of t){const{wrapped:t}=i,e=this[s];!0!==t||this._$AL.has(s)||void 0===e||this.C(s,void 0,i,e)}',
      '',
    ],
    [
      '{useDefault:i,reflect:e,wrapped:h},r){i&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,r??s??this[t]),!0!==h||void 0!==r)||(',
      '{useDefault:i,reflect:e}){i&&!(this._$Ej??=new Map).has(t)?this._$Ej.set(t,s??this[t]):(',
    ],
    ['(i.hasChanged??f)(h,s)', 'f(h,s)'],
    [
      'const t=this.scheduleUpdate();return null!=t&&await t,!this.isUpdatePending',
      'return this.performUpdate(),!this.isUpdatePending',
    ],
    ['scheduleUpdate(){return this.performUpdate()}', ''],
    ['return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}', 'return this._$ES}'],
    ['t=this.shouldUpdate(s),t?(this.willUpdate(s),', 't=!0,(this.willUpdate(s),'],
    ['this.update(s)):this._$EM()}catch', 'this.update(s))}catch'],
    ['shouldUpdate(t){return!0}', ''],
    [
      'let t=!1;const s=this._$AL;try{t=!0,(this.willUpdate(s),this.update(s))}catch(s){throw t=!1,this._$EM(),s}t&&this._$AE(s)}willUpdate(t){}',
      'const s=this._$AL;try{this.willUpdate(s),this.update(s)}catch(t){throw this._$EM(),t}this._$AE(s)}',
    ],
    ['updated(t){}', ''],
    ['(this.hasUpdated=!0,this.firstUpdated(t))', '(this.hasUpdated=!0)'],
    ['firstUpdated(t){}', ''],
    ['this.elementStyles=this.finalizeStyles(this.styles)', ''],
    [
      'static finalizeStyles(s){const i=[];if(Array.isArray(s)){const e=new Set(s.flat(1/0).reverse());for(const s of e)i.unshift(t(s))}else void 0!==s&&i.push(t(s));return i}',
      '',
    ],
    [
      'const t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return s(t,this.constructor.elementStyles),t',
      'return this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions)',
    ],
  ],
  'lit-element/lit-element': [
    [',s.litElementHydrateSupport?.({LitElement:i});const o=s.litElementPolyfillSupport;o?.({LitElement:i});', ';'],
    ['(s.litElementVersions??=[]).push("4.2.2");', ''],
    ['const s=globalThis;', ''],
    ['const n={_$AK:(t,e,r)=>{t._$AK(e,r)},_$AL:t=>t._$AL};', ''],
    ['export{i as LitElement,n as _$LE}', 'export{i as LitElement}'],
    ['i._$litElement$=!0,i["finalized"]=!0', 'i.finalized=!0'],
    ['render(){return r}', ''],
    ['import{render as e,noChange as r}', 'import{render as e}'],
    [',this._$Do=e(r,', ',e(r,'],
    ['this.renderOptions={host:this},this._$Do=void 0', 'this.renderOptions={host:this}'],
    [
      'createRenderRoot(){const t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}',
      '',
    ],
    ['this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),', ''],
    [
      'connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}',
      '',
    ],
  ],
};

/** What the cuts leave no place for: an attribute of text and an expression. */
const mixedAttribute = /="[^"`]*\$\{|\w=[^\s"'>${}`;]+\$\{/;

/** For Vite. */
export const leanLit = () => ({
  name: 'lean-lit',
  enforce: 'pre',
  transform(code, id) {
    const [mixed] = /\/src\/element\/\w+(-\w+)*\.ts$/.test(id) ? (mixedAttribute.exec(code) ?? []) : [];
    if (mixed) throw new Error(`scripts/lean-lit.mjs: an attribute's value is one expression, or none: ${id} ${mixed}`);
    const [, file] = /node_modules\/(.*)\.js$/.exec(id) ?? [];
    if (!Object.hasOwn(cuts, file ?? '')) return undefined;
    let lean = code;
    for (const [piece, instead] of cuts[file]) {
      if (!lean.includes(piece)) throw new Error(`${file} has changed, look at scripts/lean-lit.mjs: ${piece}`);
      lean = lean.replace(piece, () => instead);
    }
    return { code: lean, map: null };
  },
});
