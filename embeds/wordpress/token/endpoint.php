<?php
/**
 * The token endpoint: the page asks it for a session, and the API key stays here. It answers as the one in `server/`
 * does, case by case; docs/token-endpoint.md describes both.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

const METHODS             = 'GET, POST, OPTIONS';
const METHODS_WITHOUT_GET = 'POST, OPTIONS';

/**
 * Answers one request.
 *
 * @param \WP_REST_Request $request The request.
 * @return \WP_REST_Response
 */
function answer_token_request( $request ) {
	$started_s  = microtime( true );
	$request_id = wp_generate_uuid4();
	$facts      = array();
	$headers    = array(
		'Content-Type'           => 'application/json',
		'Vary'                   => 'Origin, Sec-Fetch-Site',
		'Cache-Control'          => 'no-store',
		'X-Content-Type-Options' => 'nosniff',
	);
	try {
		try {
			$settings = resolve_settings();
		} catch ( Misconfigured $problem ) {
			throw new Refusal( 'misconfigured', 'The settings of this endpoint are not right: its settings page says what to change.' );
		}
		$origin = readable_by( $request, $settings['origins'] );
		if ( null !== $origin ) {
			$headers['Access-Control-Allow-Origin']   = $origin;
			$headers['Access-Control-Expose-Headers'] = 'Retry-After';
		}
		$response = answer_or_refuse( $request, $settings, $facts );
	} catch ( Refusal $refusal ) {
		$response = refusal_response( $refusal, $request_id );
		$facts   += array( 'code' => $refusal->reason ) + array_intersect_key( $refusal->details, array( 'limit' => 1 ) );
	} catch ( \Throwable $error ) {
		// Whatever it says may hold a secret.
		$response       = refusal_response( new Refusal( 'internal-error', 'The endpoint failed.' ), $request_id );
		$facts['code']  = 'internal-error';
		$facts['error'] = get_class( $error );
	}
	foreach ( $headers as $name => $value ) {
		$response->header( $name, $value );
	}
	$ms = (int) round( ( microtime( true ) - $started_s ) * 1000 );
	log_answer( array( 'requestId' => $request_id, 'status' => $response->get_status() ) + $facts + array( 'ms' => $ms ) );
	return $response;
}

/**
 * The answer to a request that is not refused.
 *
 * @param \WP_REST_Request $request  The request.
 * @param array            $settings See {@see resolve_settings()}.
 * @param array            $facts    What the log is told, filled in as it becomes known.
 * @return \WP_REST_Response
 * @throws Refusal Otherwise.
 */
function answer_or_refuse( $request, $settings, &$facts ) {
	if ( ! admits_origin( $request, $settings['origins'] ) ) {
		throw new Refusal( 'origin-not-allowed', 'This page may not ask for a call: add its origin to the allowed origins.' );
	}
	$method = $request->get_method();
	if ( 'OPTIONS' === $method ) {
		return options_response( $request );
	}
	if ( 'GET' !== $method && 'POST' !== $method ) {
		throw new Refusal( 'method-not-allowed', 'Use one of ' . METHODS . '.', array( 'allow' => METHODS ) );
	}
	$fields    = 'GET' === $method ? read_query( $request ) : read_json( $request );
	$reference = client_reference_of( $fields );
	if ( null !== $reference ) {
		$facts['clientReference'] = $reference;
	}
	$agent          = agent_of( $fields, $settings['agents'] );
	$facts['agent'] = $agent['alias'];
	if ( 'media' === $agent['protocol'] && 'GET' === $method ) {
		throw new Refusal( 'method-not-allowed', 'A session of this agent is a call that is billed: use POST.', array( 'allow' => METHODS_WITHOUT_GET ) );
	}
	$server_name = server_name_of( $fields, $agent );
	$address     = counted_address( $request, $settings['proxies'] );
	if ( 'pcm' === $agent['protocol'] ) {
		admit_session( $settings['limits'], $address );
		return new \WP_REST_Response( fetch_session( $settings, $agent ) );
	}
	// The first request of connect-then-bind creates nothing: the second one counts.
	if ( $agent['bind'] && null === $server_name ) {
		admit_connection( $settings['limits'], $address );
	} else {
		admit_session( $settings['limits'], $address );
	}
	$on_call = function ( $call_id ) use ( &$facts ) {
		$facts['callId'] = $call_id;
	};
	return new \WP_REST_Response( fetch_media_session( $settings, $agent, $server_name, $on_call ) );
}

/**
 * A browser's preflight names the method it wants; an OPTIONS without one is somebody asking whether we are there.
 *
 * @param \WP_REST_Request $request The request.
 */
function options_response( $request ) {
	if ( null === $request->get_header( 'access_control_request_method' ) ) {
		return new \WP_REST_Response( array( 'ok' => true, 'version' => VERSION ) );
	}
	$headers = array(
		'Access-Control-Allow-Methods' => METHODS,
		'Access-Control-Allow-Headers' => 'Content-Type',
		'Access-Control-Max-Age'       => '600',
	);
	return new \WP_REST_Response( null, 204, $headers );
}

/**
 * The one shape of an error answer.
 *
 * @param Refusal $refusal    Why.
 * @param string  $request_id Names this request in the log.
 */
function refusal_response( $refusal, $request_id ) {
	$error   = array(
		'code'      => $refusal->reason,
		'message'   => $refusal->getMessage(),
		'requestId' => $request_id,
	);
	$headers = array();
	if ( isset( $refusal->details['retry_after'] ) ) {
		$error['retryAfter']    = $refusal->details['retry_after'];
		$headers['Retry-After'] = (string) $refusal->details['retry_after'];
	}
	if ( isset( $refusal->details['allow'] ) ) {
		$headers['Allow'] = $refusal->details['allow'];
	}
	return new \WP_REST_Response( array( 'error' => $error ), $refusal->status(), $headers );
}

/**
 * Tells of one request: where WP_DEBUG_LOG is on, in WordPress' log, and whoever listens to `synthflow_call_answer`.
 *
 * @param array $entry `requestId`, `status`, `code`, `limit`, `agent`, `clientReference`, `callId`, `ms`: no URL, no key,
 *                     no address.
 */
function log_answer( $entry ) {
	if ( defined( 'WP_DEBUG_LOG' ) && WP_DEBUG_LOG ) {
		error_log( 'synthflow-call: ' . wp_json_encode( $entry, JSON_UNESCAPED_SLASHES ) ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	}
	/**
	 * Fires once for every request to the token endpoint, before its answer is sent.
	 *
	 * @param array $entry See log_answer().
	 */
	do_action( 'synthflow_call_answer', $entry );
}
