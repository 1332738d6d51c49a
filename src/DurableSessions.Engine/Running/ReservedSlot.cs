namespace DurableSessions.Engine.Running;

/// <summary>A slot that waits for the claim of the instance it was granted to.</summary>
/// <param name="Activity">The activity that may run in it.</param>
/// <param name="Slot">The slot.</param>
internal sealed record ReservedSlot(string Activity, Slot Slot);
