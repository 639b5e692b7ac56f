import Model

extension ServiceList {
  /// Services as text: what `sluice service list` prints.
  func write(to output: inout ChunkedBytes) {
    if services.isEmpty { return output.append("no services: add one with 'sluice service add tcp 10.0.0.100:80'\n") }
    var table = TextTable([
      "SERVICE": .left, "SCHEDULER": .left, "RING": .right, "ON-SERVER-LOSS": .left, "NO-SERVER": .left, "SERVERS": .right,
      "SORRY": .left,
    ])
    for service in services {
      table.add(
        "\(service.key)",
        service.scheduler.rawValue,
        "\(service.ringSize)",
        service.onServerLoss.rawValue,
        service.noServer.rawValue,
        "\(service.servers.count)",
        service.sorry.map { "\($0)" } ?? "-"
      )
    }
    table.write(to: &output)
  }
}
