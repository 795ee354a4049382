<?php
/**
 * The block. Its attributes and their controls are the tag's own: attributes().
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

const EDITOR_HANDLE = 'synthflow-call-editor';

/** Registers it, with what the editor needs to know of the tag. */
function register_block() {
	$dependencies = array( 'wp-blocks', 'wp-block-editor', 'wp-components', 'wp-element' );
	wp_register_script( EDITOR_HANDLE, plugins_url( 'block/editor.js', PLUGIN_FILE ), $dependencies, VERSION, true );

	$attributes = array();
	foreach ( attributes() as $attribute ) {
		$attributes[ $attribute['property'] ] = array( 'type' => $attribute['type'] );
	}
	register_block_type(
		dirname( PLUGIN_FILE ) . '/block',
		array(
			'title'           => __( 'Synthflow call', 'synthflow-call' ),
			'description'     => __( 'A button with which visitors talk by voice with your AI agent.', 'synthflow-call' ),
			'attributes'      => $attributes,
			'render_callback' => __NAMESPACE__ . '\render_block',
		)
	);
}
add_action( 'init', __NAMESPACE__ . '\register_block' );

/**
 * The block's HTML.
 *
 * @param array $given The block's attributes, in camelCase.
 */
function render_block( $given ) {
	$values = array();
	foreach ( attributes() as $name => $attribute ) {
		if ( isset( $given[ $attribute['property'] ] ) ) {
			$values[ $name ] = $given[ $attribute['property'] ];
		}
	}
	$tag = render_tag( $values );
	return '' === $tag ? '' : sprintf( '<div %s>%s</div>', get_block_wrapper_attributes(), $tag );
}

/** Tells the editor of the tag's attributes, in the user's language. */
function tell_editor() {
	$facts = array(
		'attributes'  => attributes(),
		'agents'      => array_column( get_settings()['agents'], 'alias' ),
		'script'      => script_url( 'synthflow-call.iife.js' ),
		'assets'      => script_url(),
		'problem'     => settings_problem(),
		'settingsUrl' => current_user_can( 'manage_options' ) ? settings_url() : '',
		'words'       => array(
			'look'       => __( 'Look', 'synthflow-call' ),
			'words'      => __( 'Words', 'synthflow-call' ),
			'more'       => __( 'More', 'synthflow-call' ),
			'firstAgent' => __( 'The first one', 'synthflow-call' ),
			'floats'     => __( 'On the page it floats in a corner.', 'synthflow-call' ),
			'settings'   => __( 'Settings', 'synthflow-call' ),
		),
	);
	wp_add_inline_script( EDITOR_HANDLE, 'window.synthflowCallBlock = ' . wp_json_encode( $facts ) . ';', 'before' );
}
add_action( 'enqueue_block_editor_assets', __NAMESPACE__ . '\tell_editor' );
