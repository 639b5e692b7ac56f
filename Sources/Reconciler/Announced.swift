import Model

/// What `sluice announce` has queued.
package struct Announced: Codable, Equatable, Sendable {
  package var vips: [IPAddress]
  /// VIPs that are on no attached interface that is up, so no neighbour asks this host for them.
  package var absent: [IPAddress]

  package init(vips: [IPAddress], absent: [IPAddress]) {
    self.vips = vips
    self.absent = absent
  }
}
