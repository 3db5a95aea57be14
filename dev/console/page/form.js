/** The form: a sample, or one's own pictures. */
import { byId } from "./element.js";
import { setUpOwnPictures } from "./own-pictures.js";
import { setUpSamples } from "./samples.js";

/** Submits a sample by its name, or pictures; resolves with the record's id. */
async function submit(parts) {
  const body = new FormData();
  for (const [name, part] of Object.entries(parts)) body.set(name, part);
  const response = await fetch("/api/submissions", { method: "POST", body });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer.kycId;
}

/** Sets the form up. `refresh` resolves with the newest overview. */
export function setUpForm(overview, refresh) {
  const form = byId("form");
  const [button, fault] = [byId("submit"), byId("form-error")];
  const samples = setUpSamples(overview.cases, { submit, refresh });
  const chosenOwn = setUpOwnPictures(overview);
  const isSample = () => form.elements.kind.value === "sample";

  function update() {
    byId("sample").hidden = !isSample();
    byId("own").hidden = isSample();
    button.textContent = isSample() ? "Run this sample" : "Check these pictures";
    fault.textContent = "";
  }

  async function send() {
    fault.textContent = "";
    button.disabled = true;
    try {
      location.hash = `record-${await submit(isSample() ? samples.chosen() : chosenOwn())}`;
    } catch (error) {
      fault.textContent = error instanceof TypeError ? "The console does not answer." : error.message;
    }
    button.disabled = false;
  }

  for (const one of form.elements.kind) one.addEventListener("change", update);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  update();
  return samples;
}
