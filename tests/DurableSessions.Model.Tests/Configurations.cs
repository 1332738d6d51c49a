using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.Processes;

namespace DurableSessions.Model.Tests;

/// <summary>The configurations that are searched.</summary>
internal static class Configurations
{
    /// <summary>Two appenders, and two executions of one commit.</summary>
    public static Configuration Zombie(Safeguards without) => new(
        "zombie", new Appender("a1", 1), new Appender("a2", 2), new Commit("p1", 0), new Commit("p2", 0))
    { Without = without, Late = 1 };
}
