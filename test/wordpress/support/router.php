<?php
// What a web server in front of WordPress does: files and folders as they are, everything else by index.php.
$path = $_SERVER['DOCUMENT_ROOT'] . parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH );
if ( is_file( $path ) ) {
	return false;
}
if ( is_file( rtrim( $path, '/' ) . '/index.php' ) ) {
	$_SERVER['SCRIPT_NAME'] = rtrim( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ), '/' ) . '/index.php';
	chdir( $path );
	require rtrim( $path, '/' ) . '/index.php';
	return;
}
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
