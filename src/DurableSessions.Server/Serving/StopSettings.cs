using System.ComponentModel.DataAnnotations;
using DurableSessions.Engine;

namespace DurableSessions.Server.Serving;

/// <summary>What the section <c>Host</c> of a server's settings says of its stop.</summary>
internal sealed class StopSettings
{
    /// <summary><see cref="EngineOptions.ActivityStopTimeout"/> in seconds: 0 to 300, 10 unless set.</summary>
    [Range(0, 300, ErrorMessage = "{0} is not a whole number from {1} to {2}.")]
    public int StopSeconds { get; set; } = 10;
}
