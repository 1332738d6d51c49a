using System.Globalization;

namespace DurableSessions.Engine.Instances;

/// <summary>The call of an orchestrator that made an instance its child.</summary>
/// <param name="Id">The parent's id.</param>
/// <param name="Task">The number of the task in the parent's run.</param>
/// <param name="Call">
/// The <see cref="HistoryEntry.Call"/> of that task, drawn for it alone: no other run, generation or attempt has it.
/// </param>
internal sealed record ParentCall(string Id, int Task, string Call)
{
    /// <summary>As the metadata of the child's blob has it.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Call}/{Task}/{Id}");

    /// <summary>Reads <see cref="ToText"/>; <see langword="null"/>: it is something else.</summary>
    public static ParentCall? TryParse(string text) =>
        text.Split('/') is [var call, var task, var id] && int.TryParse(task, CultureInfo.InvariantCulture, out int number)
            ? new ParentCall(id, number, call)
            : null;
}
