<?php
/**
 * What a page may send, checked.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

const BODY_LIMIT_BYTES = 2048;
const REFERENCE_LIMIT  = 128;

/**
 * The fields of a GET.
 *
 * @param \WP_REST_Request $request The request.
 * @return array
 * @throws Refusal Where anything but fetch() sent it.
 */
function read_query( $request ) {
	// Only fetch() sends this pair: an <img>, a link or a typed address must not start a session.
	if ( 'cors' !== $request->get_header( 'sec_fetch_mode' ) || 'empty' !== $request->get_header( 'sec_fetch_dest' ) ) {
		throw new Refusal( 'bad-request', 'A GET is answered only to fetch() in a browser.' );
	}
	return $request->get_query_params();
}

/**
 * The fields of a POST.
 *
 * @param \WP_REST_Request $request The request.
 * @return array
 * @throws Refusal For anything but a JSON object that is not too long.
 */
function read_json( $request ) {
	$content_type = explode( ';', (string) $request->get_header( 'content_type' ) );
	if ( 'application/json' !== strtolower( trim( $content_type[0] ) ) ) {
		// What a form can send needs no preflight, so only JSON counts.
		throw new Refusal( 'unsupported-media-type', 'Send JSON with the content type application/json.' );
	}
	$body = (string) $request->get_body();
	if ( strlen( $body ) > BODY_LIMIT_BYTES ) {
		throw new Refusal( 'too-large', 'The body is longer than ' . BODY_LIMIT_BYTES . ' bytes.' );
	}
	$fields = json_decode( $body );
	if ( ! $fields instanceof \stdClass ) {
		throw new Refusal( 'bad-request', 'The body is not a JSON object.' );
	}
	return (array) $fields;
}

/**
 * The page's own name of the call, or null.
 *
 * @param array $fields Of the request.
 * @throws Refusal Where it is no text, or too long.
 */
function client_reference_of( $fields ) {
	if ( ! array_key_exists( 'client_reference', $fields ) ) {
		return null;
	}
	$reference = $fields['client_reference'];
	// As JavaScript counts: what is beyond U+FFFF is two.
	$length = is_string( $reference )
		? preg_match_all( '/./us', $reference ) + preg_match_all( '/[\x{10000}-\x{10ffff}]/u', $reference )
		: PHP_INT_MAX;
	if ( $length > REFERENCE_LIMIT ) {
		throw new Refusal( 'bad-request', 'client_reference must be text of at most ' . REFERENCE_LIMIT . ' characters.' );
	}
	return $reference;
}

/**
 * The agent that is asked for, by its alias or its id; the only one, where none is named.
 *
 * @param array   $fields Of the request.
 * @param array[] $agents See {@see resolve_agents()}.
 * @return array
 * @throws Refusal Where there is none, or none such.
 */
function agent_of( $fields, $agents ) {
	$name = array_key_exists( 'assistant_id', $fields ) ? $fields['assistant_id'] : '';
	if ( ! is_string( $name ) ) {
		throw new Refusal( 'bad-request', 'assistant_id must be text.' );
	}
	// A tag without the attribute may send it empty.
	if ( '' === $name ) {
		if ( 1 === count( $agents ) ) {
			return reset( $agents );
		}
		throw new Refusal( 'agent-required', 'This endpoint has several agents: say which one in assistant_id.' );
	}
	if ( isset( $agents[ $name ] ) ) {
		return $agents[ $name ];
	}
	// Where several share an id, it means the last.
	foreach ( array_reverse( $agents ) as $agent ) {
		if ( $agent['id'] === $name ) {
			return $agent;
		}
	}
	throw new Refusal( 'agent-not-allowed', 'This endpoint does not have that agent: add its id to the agents.' );
}

/**
 * The node that the visitor's socket is open to, where this is the second request of connect-then-bind; else null.
 *
 * @param array $fields Of the request.
 * @param array $agent  One of {@see resolve_agents()}.
 * @throws Refusal Where the agent takes none, or it is none.
 */
function server_name_of( $fields, $agent ) {
	if ( ! array_key_exists( 'server_name', $fields ) ) {
		return null;
	}
	if ( 'media' !== $agent['protocol'] || ! $agent['bind'] ) {
		throw new Refusal( 'bad-request', 'This agent takes no server_name: its session comes in one answer.' );
	}
	$name = $fields['server_name'];
	if ( is_string( $name ) && preg_match( '/^[\w.:-]{1,128}$/D', $name ) ) {
		return $name;
	}
	throw new Refusal( 'bad-request', 'server_name must be 1 to 128 letters, digits, dots, colons, dashes or underscores.' );
}
