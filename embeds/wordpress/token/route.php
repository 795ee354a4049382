<?php
/**
 * The token endpoint as a route of WordPress' REST API.
 *
 * It is for the public and asks for no nonce: cached pages would hold one that is no longer good. What holds back other
 * sites is the origin guard.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

const ROUTE_NAMESPACE = 'synthflow-call/v1';
const ROUTE           = '/' . ROUTE_NAMESPACE . '/token';

/** URL of the token endpoint, as pages use it. */
function token_endpoint_url() {
	return rest_url( ROUTE_NAMESPACE . '/token' );
}

/** Registered so that it is listed, and plugins that close the REST API can be told to leave it open. */
function register_token_route() {
	register_rest_route(
		ROUTE_NAMESPACE,
		'/token',
		array(
			'methods'             => 'GET, POST',
			'callback'            => __NAMESPACE__ . '\answer_token_request',
			'permission_callback' => '__return_true',
		)
	);
}
add_action( 'rest_api_init', __NAMESPACE__ . '\register_token_route' );

/**
 * Whether a REST route is ours.
 *
 * @param string $route As `/synthflow-call/v1/token`.
 */
function is_token_route( $route ) {
	return 0 === strcasecmp( untrailingslashit( $route ), ROUTE );
}

/**
 * Answers before the core looks at the body, the method and OPTIONS, all of which it would answer in its own shape.
 *
 * @param mixed            $result  An answer that somebody else has, or null.
 * @param \WP_REST_Server  $server  Not used.
 * @param \WP_REST_Request $request The request.
 */
function answer_before_core( $result, $server, $request ) {
	if ( null !== $result || ! is_token_route( $request->get_route() ) ) {
		return $result;
	}
	// The core would put status and headers into the body, or leave fields out.
	unset( $_GET['_envelope'], $request['_fields'] );
	return answer_token_request( $request );
}
add_filter( 'rest_pre_dispatch', __NAMESPACE__ . '\answer_before_core', 1, 3 );

/** What the core sends with every answer: any origin, with cookies; and what of ours it would add to. */
const CORE_HEADERS = array(
	'Access-Control-Allow-Origin',
	'Access-Control-Allow-Methods',
	'Access-Control-Allow-Credentials',
	'Access-Control-Allow-Headers',
	'Access-Control-Expose-Headers',
	'Allow',
	'Link',
	'Vary',
);

/**
 * Sends the answer with its own headers alone, after the core has sent its CORS headers (priority 10), and never as JSONP.
 *
 * @param bool              $is_served Whether somebody else has sent it.
 * @param \WP_HTTP_Response $response  The answer.
 * @param \WP_REST_Request  $request   The request.
 */
function send_token_answer( $is_served, $response, $request ) {
	if ( $is_served || ! is_token_route( $request->get_route() ) ) {
		return $is_served;
	}
	foreach ( CORE_HEADERS as $name ) {
		header_remove( $name );
	}
	foreach ( $response->get_headers() as $name => $value ) {
		header( "$name: $value" );
	}
	if ( 204 === $response->get_status() ) {
		header_remove( 'Content-Type' );
	} else {
		echo wp_json_encode( $response->get_data(), JSON_UNESCAPED_SLASHES );
	}
	return true;
}
add_filter( 'rest_pre_serve_request', __NAMESPACE__ . '\send_token_answer', 100, 3 );

/**
 * A site behind a password of its web server (staging) has browsers send that password along. The core would take it for
 * one of its own and refuse; this route asks nobody who he is.
 *
 * @param bool $is_api_request Whether application passwords are looked at.
 */
function ignore_application_passwords( $is_api_request ) {
	$route = $GLOBALS['wp']->query_vars['rest_route'] ?? '';
	return $is_api_request && ! ( is_string( $route ) && is_token_route( $route ) );
}
add_filter( 'application_password_is_api_request', __NAMESPACE__ . '\ignore_application_passwords' );
