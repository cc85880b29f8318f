package io.slinfer.gateway.remote;

import io.slinfer.node.TokenEvent;

/**
 * An event of a request on its way to the gateway.
 *
 * @param number which of the gateway's requests
 */
record Told(long number, TokenEvent event) {}
