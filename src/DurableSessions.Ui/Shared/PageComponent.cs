using Microsoft.AspNetCore.Components;

namespace DurableSessions.Ui.Shared;

/// <summary>A page: one component of one screen, which puts everything into a <see cref="Layout"/>.</summary>
public abstract class PageComponent : ComponentBase
{
    /// <summary>What it knows of its request.</summary>
    [Parameter, EditorRequired]
    public required PageContext Page { get; set; }
}
