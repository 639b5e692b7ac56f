extension TableReport {
  /// `-L --timeout`.
  package var timeoutText: String { "Timeout (tcp tcpfin udp): \(timeouts.established) \(timeouts.finWait) \(timeouts.udp)\n" }
}

/// `-v`, and the first line of `-h`. Scripts look for the version, so it is that of the ipvsadm whose language this is.
package enum VersionText {
  package static let text = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n"
}
