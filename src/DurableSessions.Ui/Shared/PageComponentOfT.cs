using Microsoft.AspNetCore.Components;

namespace DurableSessions.Ui.Shared;

/// <summary>A page with data, which was read before it is rendered.</summary>
/// <typeparam name="TModel">The data.</typeparam>
public abstract class PageComponent<TModel> : PageComponent
{
    /// <summary>The data.</summary>
    [Parameter, EditorRequired]
    public required TModel Model { get; set; }
}
