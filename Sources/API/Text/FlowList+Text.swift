import Reconciler

extension FlowList {
  /// Flows as text: what `sluice flows` prints.
  package func write(to output: inout ChunkedBytes) {
    var table = TextTable([
      "PROTOCOL": .left, "CLIENT": .left, "DESTINATION": .left, "SERVER": .left, "STATE": .left, "AGE": .right, "EXPIRES": .right,
      "WORKER": .right,
    ])
    for flow in flows {
      table.add(
        flow.protocol.name,
        "\(flow.client)",
        "\(flow.destination)",
        flow.server.map { "\($0)" } ?? "removed",
        flow.confirmed ? flow.state : "\(flow.state), one packet",
        "\(flow.age)",
        "\(flow.expires)",
        "\(flow.worker)"
      )
    }
    table.write(to: &output)
    if truncated {
      output.append(
        "\nand more: --limit shows up to \(FlowFilter.limitRange.upperBound), --client, --server and a service narrow it down\n"
      )
    }
  }
}
