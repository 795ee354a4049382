<?php
/**
 * The tag, as pages get it.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/**
 * The tag with the given attributes, which are checked and escaped here; the page also gets its script. Visitors get
 * nothing while the settings are not right, and who may change them gets a sentence.
 *
 * Who writes a post need not be trusted with scripts. So what sends the microphone somewhere or loads code from there
 * (`token-endpoint`, `session-url`, `assets-url`, `worklet-url`) cannot be given: the build leaves it out of attributes().
 *
 * @param array $given Attribute → text, number or boolean. Others than those of attributes() are ignored.
 * @return string HTML.
 */
function render_tag( $given ) {
	$problem = settings_problem();
	if ( '' !== $problem ) {
		/* translators: %s: a sentence on what to change. */
		$sentence = sprintf( __( 'Only you see this, instead of the call button. %s', 'synthflow-call' ), $problem );
		return current_user_can( 'manage_options' )
			? sprintf( '<p class="synthflow-call-problem">%s <a href="%s">%s</a></p>', esc_html( $sentence ), esc_url( settings_url() ), esc_html__( 'Settings', 'synthflow-call' ) )
			: '';
	}
	enqueue_script();
	$html = sprintf( ' token-endpoint="%s" assets-url="%s"', esc_url( token_endpoint_url() ), esc_url( script_url() ) );
	foreach ( told_attributes( $given ) as $name => $value ) {
		$html .= true === $value ? " $name" : sprintf( ' %s="%s"', $name, esc_attr( $value ) );
	}
	return "<synthflow-call$html></synthflow-call>";
}

/**
 * Those of the given attributes that say something: known, and not at their default. With several agents and none named,
 * the first is meant.
 *
 * @param array $given See {@see render_tag()}.
 * @return array Attribute → text, or true.
 */
function told_attributes( $given ) {
	$told   = array();
	$agents = get_settings()['agents'];
	if ( '' === ( $given['assistant-id'] ?? '' ) && count( $agents ) > 1 ) {
		$given['assistant-id'] = reset( $agents )['alias'];
	}
	foreach ( attributes() as $name => $attribute ) {
		$value = $given[ $name ] ?? $attribute['default'];
		if ( 'boolean' === $attribute['type'] ) {
			if ( ! in_array( $value, array( false, 'false', '0', 'no', 'off' ), true ) ) {
				$told[ $name ] = true;
			}
			continue;
		}
		$value    = is_scalar( $value ) ? (string) $value : '';
		$is_known = ! $attribute['values'] || in_array( $value, $attribute['values'], true );
		if ( '' !== $value && (string) $attribute['default'] !== $value && $is_known ) {
			$told[ $name ] = $value;
		}
	}
	return $told;
}

/** URL of the settings page. */
function settings_url() {
	return admin_url( 'options-general.php?page=synthflow-call' );
}
