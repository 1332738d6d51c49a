using System.ComponentModel.DataAnnotations;
using DurableSessions.Engine;

namespace DurableSessions.Server.Serving;

/// <summary>The section <c>Host</c> of a server's settings.</summary>
internal sealed class NameSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Host";

    /// <summary><see cref="EngineOptions.HostName"/>; that of the machine and the address unless set.</summary>
    [RegularExpression(
        EngineOptions.HostNamePattern,
        ErrorMessage = "{0} is no name of a host: a letter or digit, and up to 62 letters, digits, dots, hyphens and underscores.")]
    public string? Name { get; set; }
}
