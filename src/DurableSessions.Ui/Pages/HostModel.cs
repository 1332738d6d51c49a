using DurableSessions.Orchestration;
using DurableSessions.Ui.Commits;
using DurableSessions.Ui.Hosts;

namespace DurableSessions.Ui.Pages;

/// <summary>What the page of the host shows.</summary>
/// <param name="Version">Of this host's program.</param>
/// <param name="Hosts">All that run commits; <see langword="null"/>: the engine's scheduler knows them, and not this host.</param>
/// <param name="Board">All commits.</param>
/// <param name="Charts">What was measured.</param>
/// <param name="Limits">The limits in force, by the names of their settings.</param>
/// <param name="Check">The last audit; <see langword="null"/>: there was none since this host began.</param>
public sealed record HostModel(
    string Version,
    IReadOnlyList<OrchestrationHost>? Hosts,
    BoardSnapshot Board,
    IReadOnlyList<HostChart> Charts,
    IReadOnlyList<(string Name, string Value)> Limits,
    CheckState? Check);

/// <summary>A chart of the last ten minutes.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Samples">The values, oldest first, five seconds apart.</param>
public sealed record HostChart(string Title, string Unit, IReadOnlyList<double> Samples);
